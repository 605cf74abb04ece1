#!/bin/bash
# base.sh: the root file system that every host starts from, built once (about a minute) and again when this script,
# its packages or the gems change.
set -eu
. "$(dirname "$0")/lib.sh"
mkdir -p "$dir/hosts" "$shared"
ssh_files() {
  [ "$dir" = "$shared" ] || ln -sfn "$key" "$base" "$shared/base.stamp" "$dir/"
  # ssh -F $dir/ssh_config h1: the hosts by name, nothing of the user's own configuration
  {
    printf '%s %s\n' "$net.*,$farm_net.*" "$(cut -d' ' -f1,2 "$base/etc/ssh/ssh_host_ed25519_key.pub")" > "$dir/known_hosts"
    for n in 1 2 3 4 5 6 7 8 9; do printf 'Host h%s\n  HostName %s\n' $n "$(address_of h$n)"; done
    # OpenSSH's first choice of key exchange, sntrup761, costs an eighth of a second of both sides' processors
    printf '%s\n' 'Host *' '  User deploy' "  IdentityFile $key" '  IdentitiesOnly yes' '  BatchMode yes' '  StrictHostKeyChecking yes' \
      "  UserKnownHostsFile $dir/known_hosts" '  GlobalKnownHostsFile /dev/null' '  LogLevel ERROR' '  ConnectTimeout 5' '  KexAlgorithms curve25519-sha256'
  } > "$dir/ssh_config"
}
exec 8>"$shared/base.lock"; flock 8
stamp=$(cat "$here/base.sh" "$here/gems.rb" "$here/other-gems.sh" <(echo $packages) | sha256sum | cut -c1-16)
[ "$(cat "$shared/base.stamp" 2>/dev/null)" != "$stamp" ] || { ssh_files; exit 0; }
! findmnt -rno TARGET -t overlay | grep -qE "^$shared/(lab[0-7]/)?hosts/" || die 'a host is up on the old base: down.sh --all first'
command -v mmdebstrap >/dev/null || die 'needs mmdebstrap: apt-get install --no-install-recommends mmdebstrap systemd-container'

echo "building the hosts' root file system in $base (once)" >&2
rm -rf --one-file-system "$base" "$shared/base.stamp"
[ -f "$key" ] || ssh-keygen -q -t ed25519 -N '' -C shipit-hosts -f "$key"
mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE)' 2>/dev/null | head -1)}
[ -n "$mirror" ] || die 'apt has no source of packages on this machine: set MIRROR'
mmdebstrap --quiet --mode=root --variant=minbase --include="$(echo $packages | tr ' ' ,)" --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$base" $mirror >"$shared/base.log" 2>&1 || { tail "$shared/base.log" >&2; die 'mmdebstrap failed'; }
in_base() { chroot "$base" "$@"; }

# One host key for all hosts: making one costs a fifth of a second a boot.
rm -f "$base"/etc/ssh/ssh_host_* "$base/etc/resolv.conf"
: > "$base/etc/machine-id"; : > "$base/etc/resolv.conf"
ssh-keygen -q -t ed25519 -N '' -C host -f "$base/etc/ssh/ssh_host_ed25519_key"
printf '%s\n' 'HostKey /etc/ssh/ssh_host_ed25519_key' 'UseDNS no' 'PasswordAuthentication no' > "$base/etc/ssh/sshd_config.d/lab.conf"

# deploy may sudo anything; cindy's shell is csh; nosudo has a password that nobody knows.
for user in deploy:/bin/bash cindy:/bin/csh nosudo:/bin/bash; do in_base useradd -m -s "${user#*:}" "${user%:*}"; done
echo 'deploy ALL=(ALL) NOPASSWD: ALL' > "$base/etc/sudoers.d/deploy"
echo 'nosudo ALL=(ALL) ALL' > "$base/etc/sudoers.d/nosudo"
chmod 440 "$base/etc/sudoers.d/"*
for home in root home/deploy home/cindy home/nosudo; do
  install -d -m 700 "$base/$home/.ssh"; install -m 600 "$key.pub" "$base/$home/.ssh/authorized_keys"
  in_base chown -R --reference="/$home" "/$home/.ssh"
done
in_base usermod -aG systemd-journal deploy
in_base install -d -o deploy -g deploy /var/www

# git: the repository that is bound in belongs to root
printf '[safe]\n\tdirectory = *\n' > "$base/etc/gitconfig"
# journalctl --user shows nothing of a volatile journal
install -d "$base/etc/systemd/journald.conf.d" "$base/var/log/journal"
printf '[Journal]\nStorage=persistent\nReadKMsg=no\nAudit=no\n' > "$base/etc/systemd/journald.conf.d/lab.conf"
# what a container cannot do, or need not wait for
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  console-getty.service getty@.service container-getty@.service getty.target \
  systemd-{firstboot,modules-load,networkd-wait-online,oomd,pcrphase,pcrphase-sysinit,remount-fs,resolved,timesyncd}.service \
  systemd-{udevd,update-utmp,update-utmp-runlevel,binfmt}.service systemd-udev-trigger.service systemd-udevd-{control,kernel}.socket \
  modprobe@.service dev-hugepages.mount dev-mqueue.mount sys-fs-fuse-connections.mount sys-kernel-{config,debug,tracing}.mount \
  proc-sys-fs-binfmt_misc.automount; do
  ln -sf /dev/null "$base/etc/systemd/system/$unit"
done
in_base systemctl -q enable ssh.service redis-server.service
in_base systemctl -q disable monit.service
rm -rf "$base"/var/cache/apt/* "$base"/var/lib/apt/lists/*

# The gems that Debian has, as a gem source in a directory: so bundle install really installs, and needs no network.
mkdir -p "$base/srv/gems" "$base/srv/repo.git"
in_base ruby - /srv/gems < "$here/gems.rb" >"$shared/gems.log" 2>&1 || { cat "$shared/gems.log" >&2; die 'the gem source could not be made'; }
# Beside it a source with a Sidekiq that is older than sd_notify (6.0.4) and one that is newer (7), out of other releases of Debian.
"$here/other-gems.sh" "$base/srv/debs" "$mirror" >>"$shared/gems.log" 2>&1 || { cat "$shared/gems.log" >&2; die 'gems of other releases could not be had'; }
in_base ruby - /srv/gems-all /srv/debs < "$here/gems.rb" >>"$shared/gems.log" 2>&1 || { cat "$shared/gems.log" >&2; die 'the gem source could not be made'; }
rm -rf "$base/srv/debs"

echo "$stamp" > "$shared/base.stamp"
ssh_files
