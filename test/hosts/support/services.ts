import type { LabHost } from './host.ts'

/** A service that reports when it is up, logs a HUP, and does not start while the file `crash` is in its folder. */
const serve = `#!/bin/bash
[ -e "$1/crash" ] && { echo "cannot start" >&2; exit 3; }
trap 'echo reloaded' HUP
trap 'exit 0' TERM
[ -z "\${NOTIFY_SOCKET:-}" ] || systemd-notify --ready
echo "up in $PWD"
while :; do sleep 60 & wait $!; done`

/** A stand-in for Puma: two workers, which USR1 replaces one after the other, unless the file \`stuck\` exists. */
const cluster = `#!/usr/bin/env ruby
def worker = fork { trap('TERM') { exit!(0) }; trap('USR1', 'IGNORE'); sleep }
workers = [worker, worker]
again = false
trap('USR1') { again = true }
trap('TERM') { workers.each { |pid| Process.kill('TERM', pid) }; exit!(0) }
loop do
  sleep 0.1
  next unless again
  again = false
  next if File.exist?('/srv/services/stuck')
  workers.map! { |pid| Process.kill('TERM', pid); Process.wait(pid); worker }
end`

const unit = (service: string, target: string): string => `[Service]
${service}
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1
[Install]
WantedBy=${target}`

const own = unit('Type=notify\nNotifyAccess=all\nExecStart=/usr/local/bin/serve /srv/services', 'default.target')

/** Installs on a host: a system unit `web` with a socket, a unit `web` of deploy and of svc, and a system unit `puma`. */
export const installServices = async (host: LabHost): Promise<void> => {
  const file = (path: string, text: string) => `mkdir -p "$(dirname ${path})"\ncat > ${path} <<'END'\n${text}\nEND`
  const users = [
    ['deploy', '/home/deploy'],
    ['svc', '/var/lib/svc'],
  ]
  await host.root(`id svc >/dev/null 2>&1 || useradd -m -d /var/lib/svc -s /usr/sbin/nologin svc
install -d -m 777 /srv/services
${file('/usr/local/bin/serve', serve)}
${file('/usr/local/bin/cluster', cluster)}
chmod 755 /usr/local/bin/serve /usr/local/bin/cluster
${file('/etc/systemd/system/web.service', unit('User=deploy\nExecStart=/usr/local/bin/serve /srv/services', 'multi-user.target'))}
${file('/etc/systemd/system/web.socket', '[Socket]\nListenStream=/run/web.sock\n[Install]\nWantedBy=sockets.target')}
${file('/etc/systemd/system/puma.service', '[Service]\nUser=deploy\nExecStart=/usr/local/bin/cluster')}
${file('/etc/systemd/system/plain.service', '[Service]\nExecStart=/bin/sleep 1000')}
${users.map(([user, home]) => `${file(`${home}/.config/systemd/user/web.service`, own)}\nchown -R ${user}: ${home}/.config\nloginctl enable-linger ${user}`).join('\n')}
systemctl daemon-reload
for user in deploy svc; do
  until [ -S /run/user/$(id -u $user)/systemd/private ]; do sleep 0.1; done
  runuser -u $user -- env XDG_RUNTIME_DIR=/run/user/$(id -u $user) systemctl --user daemon-reload
done`)
}
