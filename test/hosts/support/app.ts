import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { must } from './child.ts'
import type { LabHost } from './host.ts'
import { deployTo, labFile, scripts } from './paths.ts'

/** The state of the deployed application on a host. */
export interface Deployed {
  /** the release that `current` points to, or undefined */
  readonly live: string | undefined
  /** the target of `current` */
  readonly link: string
  readonly releases: readonly string[]
  /** of the live release */
  readonly revision: string
  readonly revisionTime: string
  /** lines of revisions.log */
  readonly log: readonly string[]
}

/** Reads {@link Deployed} from a host. */
export const deployed = async (host: LabHost): Promise<Deployed> => {
  const text = await host.sh(`cd ${deployTo} 2>/dev/null || exit 0
readlink current || echo
cat current/REVISION 2>/dev/null || echo
cat current/REVISION_TIME 2>/dev/null || echo
echo $(ls releases 2>/dev/null)
cat revisions.log 2>/dev/null || true`)
  const [link = '', revision = '', revisionTime = '', releases = '', ...log] = text.split('\n')
  return {
    live: link.split('/').pop() || undefined,
    link,
    releases: releases.split(' ').filter(Boolean),
    revision,
    revisionTime,
    log: log.filter(Boolean),
  }
}

/** Resets a host, as if nothing had been deployed to it. */
export const wipe = async (...hosts: readonly LabHost[]): Promise<void> => {
  await Promise.all(hosts.map((host) => host.root(wiping)))
}

const wiping = `user() { runuser -u deploy -- env XDG_RUNTIME_DIR=/run/user/1000 systemctl --user "$@"; }
for unit in /etc/systemd/system/sidekiq.service /home/deploy/.config/systemd/user/sidekiq.service; do
  [ -e "$unit" ] || continue
  case $unit in
    /etc/*) systemctl kill -s KILL sidekiq || true; systemctl disable -q --now sidekiq; rm "$unit"; systemctl daemon-reload; systemctl reset-failed ;;
    *) user kill -s KILL sidekiq || true; user disable -q --now sidekiq; rm "$unit"; user daemon-reload; user reset-failed ;;
  esac
done
! mountpoint -q /var/www || umount -l /var/www
redis-cli flushall >/dev/null
rm -rf ${deployTo} /tmp/fail.* /tmp/hold.* /tmp/open.*`

/** Installs the Sidekiq unit on a host, enabled and not started; a user's unit with lingering. */
export const installUnit = async (
  host: LabHost,
  scope: 'system' | 'user',
  change: (unit: string) => string = (unit) => unit,
): Promise<void> => {
  const unit = change(readFileSync(`${scripts}units/${scope}.service`, 'utf8'))
  const [ctl, file] =
    scope === 'system'
      ? ['sudo systemctl', 'sudo tee /etc/systemd/system/sidekiq.service']
      : ['systemctl --user', 'tee ~/.config/systemd/user/sidekiq.service']
  await host.sh(`${scope === 'user' ? 'sudo loginctl enable-linger deploy; mkdir -p ~/.config/systemd/user' : ''}
${file} >/dev/null <<'END'
${unit}
END
${ctl} daemon-reload
${ctl} -q enable sidekiq`)
}

/** Commits files to a branch of the repository that hosts deploy from (`null` removes one). Returns the commit's hash. */
export const commit = async (message: string, files: Readonly<Record<string, string | null>>, branch = 'main'): Promise<string> => {
  const work = mkdtempSync(join(tmpdir(), 'shipit-commit-'))
  const git = (...args: readonly string[]): Promise<string> =>
    must('git', ['-C', work, '-c', 'user.name=lab', '-c', 'user.email=lab@localhost', ...args])
  try {
    await must('git', ['clone', '-q', '-b', 'main', labFile('repo.git'), work])
    if (branch !== 'main') await git('checkout', '-q', '-b', branch)
    for (const [name, text] of Object.entries(files)) {
      if (text === null) rmSync(join(work, name))
      else {
        mkdirSync(dirname(join(work, name)), { recursive: true })
        writeFileSync(join(work, name), text)
      }
    }
    await git('add', '-A')
    await git('commit', '-q', '--allow-empty', '-m', message)
    await git('push', '-q', '-f', 'origin', `HEAD:refs/heads/${branch}`)
    return await git('rev-parse', 'HEAD')
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** The newest commit of a branch of that repository. */
export const head = (branch = 'main'): Promise<string> => must('git', ['-C', labFile('repo.git'), 'rev-parse', branch])
