/** The files of eb:export by platform, with an `x` for executable ones. */
export const names: Readonly<Record<'al1' | 'al2' | 'al2023', readonly string[]>> = {
  al1: ['.ebextensions/90-sidekiq.config'],
  al2: [
    '.platform/sidekiq/sidekiq.service',
    '.platform/hooks/predeploy/90_quiet_sidekiq.sh x',
    '.platform/hooks/postdeploy/90_restart_sidekiq.sh x',
    '.platform/confighooks/predeploy/90_quiet_sidekiq.sh x',
    '.platform/confighooks/postdeploy/90_restart_sidekiq.sh x',
  ],
  al2023: [
    '.platform/sidekiq/sidekiq.service',
    '.platform/hooks/predeploy/90_quiet_sidekiq.sh x',
    '.platform/hooks/postdeploy/90_restart_sidekiq.sh x',
    '.platform/confighooks/predeploy/90_quiet_sidekiq.sh x',
    '.platform/confighooks/postdeploy/90_restart_sidekiq.sh x',
  ],
}

export const unit = `# Written by shipit for shop (production): eb:export. Change the config and call it again, not this file
[Unit]
Description=Sidekiq of shop
After=network.target

[Service]
Type=notify
User=webapp
WorkingDirectory=/var/app/current
Environment="RACK_ENV=production" "MALLOC_ARENA_MAX=2"
# the properties of the environment; they win over what stands above
EnvironmentFile=/opt/elasticbeanstalk/deployment/env
ExecStart=/bin/bash -lc 'exec "$$@"' sidekiq bundle exec sidekiq -t 25
ExecReload=/bin/kill -TSTP $MAINPID
KillMode=mixed
TimeoutStopSec=35
Restart=always
RestartSec=1
UMask=0002
SyslogIdentifier=sidekiq

[Install]
WantedBy=multi-user.target
`

/** The files that the old platform's file creates on an instance, by path; links by their target. */
export const onInstance: Readonly<Record<string, string>> = {
  '/opt/elasticbeanstalk/support/run_sidekiq': '000755',
  '/etc/init/sidekiq.conf': '000644',
  '/opt/elasticbeanstalk/hooks/appdeploy/pre/90_quiet_sidekiq': '000755',
  '/opt/elasticbeanstalk/hooks/configdeploy/pre/90_quiet_sidekiq': '/opt/elasticbeanstalk/hooks/appdeploy/pre/90_quiet_sidekiq',
  '/opt/elasticbeanstalk/hooks/restartappserver/pre/90_quiet_sidekiq': '/opt/elasticbeanstalk/hooks/appdeploy/pre/90_quiet_sidekiq',
  '/opt/elasticbeanstalk/hooks/appdeploy/post/90_restart_sidekiq': '000755',
  '/opt/elasticbeanstalk/hooks/configdeploy/post/90_restart_sidekiq': '/opt/elasticbeanstalk/hooks/appdeploy/post/90_restart_sidekiq',
  '/opt/elasticbeanstalk/hooks/restartappserver/post/90_restart_sidekiq': '/opt/elasticbeanstalk/hooks/appdeploy/post/90_restart_sidekiq',
}

export const job = `# Written by shipit for shop (production): eb:export. Change the config and call it again, not this file
description "Sidekiq of shop"

start on runlevel [2345]
stop on runlevel [!2345]

respawn
respawn limit 3 30
normal exit 0 TERM
kill timeout 35

exec /opt/elasticbeanstalk/support/run_sidekiq config/sidekiq.yml
`
