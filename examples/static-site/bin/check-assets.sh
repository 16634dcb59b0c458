# Fails when the page asks for a file of assets/ that the release does not have.
set -eu
cd public
missing=0
for asset in $(grep -o 'assets/[A-Za-z0-9._-]*' index.html | sort -u); do
  if [ ! -f "$asset" ]; then
    echo "index.html asks for $asset, which does not exist"
    missing=1
  fi
done
exit "$missing"
