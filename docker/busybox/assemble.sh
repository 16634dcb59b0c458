#!/bin/sh
# Puts a root file system of BusyBox, sshd and the libraries that sshd loads into the directory $1.
set -eu
root=$1

useradd --uid 1000 --shell /bin/sh deploy
usermod --shell /bin/sh root
echo deploy:deploy | chpasswd

mkdir -p "$root/bin" "$root/etc/ssh/sshd_config.d" "$root/run/sshd" "$root/var/empty"
install -d -m 1777 "$root/tmp"
ln -s bin "$root/sbin"

cp "$(command -v busybox)" "$root/bin/busybox"
for applet in $(busybox --list); do
  [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done

for program in /usr/sbin/sshd /usr/bin/ssh-keygen; do
  cp --parents "$program" "$root"
  ldd "$program" | grep -o '/[^ ]*' | while read -r library; do cp --parents --dereference "$library" "$root"; done
done

cp /etc/passwd /etc/group /etc/shadow "$root/etc"
echo 'Subsystem sftp internal-sftp' >"$root/etc/ssh/sshd_config.d/image.conf"

install -d -o deploy -g deploy "$root/home/deploy"
install -d -o deploy -g deploy -m 700 "$root/home/deploy/.ssh"
install -o deploy -g deploy -m 600 /dev/null "$root/home/deploy/.ssh/authorized_keys"
install -d "$root/srv"
install -d -o deploy -g deploy "$root/srv/app"
