# Writes the number of the release into the page.
#
# The page is a hard link to the same file in the deploy-cache and in older releases: writing into it would
# change them all. So the new text goes to a new file, which then takes the name.
set -eu
page=public/index.html
sed "s/@RELEASE@/$CUTOVER_RELEASE/g" "$page" >"$page.new"
mv -f "$page.new" "$page"
