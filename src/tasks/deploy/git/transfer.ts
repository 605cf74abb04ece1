import { wholeLayout } from '../../../facts/task-layout.ts'
import type { Stage } from '../../stage.ts'
import { raw } from '../../../shell/raw.ts'
import { sh } from '../../../shell/sh.ts'
import { path, type Path } from '../../../values/path.ts'
import type { Command } from '../../../shell/types.ts'
import type { StepsContext } from '../../types.ts'
import { joinCommands } from '../../join-commands.ts'
import { gitHint, moveMirrorAside } from '../../../git/hints.ts'
import { withMirrorLock, isShared } from './mirror-lock.ts'
import { gitHintContext, type Mirror } from './mirror.ts'
import { withSilenceWatch } from '../../../git/watch.ts'
import { FETCH_OPTIONS, loginOptions, onlineEnv, withWaitNotice } from '../../../git/options.ts'

/** Whether the mirror has the commit, for guards. */
export const hasCommit = ({ paths, deploy }: StepsContext): Command =>
  sh`git --git-dir ${paths.repo} cat-file -e ${`${deploy.revision}^{commit}`} 2>/dev/null || false`

/** A step that talks to the git server, with its limits and a hint for git's errors. */
export const transfer = (stage: Stage, c: StepsContext, work: Command): Command => {
  const whole = stage.git.transferTimeout * (isShared(stage, c) ? 2 : 1)
  const place = { ...gitHintContext(stage, c), whole }
  const mirrorHint = wholeLayout(c.layout).repo.exists
    ? `if the mirror may be damaged: on that host, ${moveMirrorAside(c.paths.repo)}; the next deploy makes it again`
    : undefined
  return withWaitNotice(stage, withSilenceWatch(stage, work))
    .env(onlineEnv(stage))
    .timeout(whole)
    .hint((failed) => gitHint(place)(failed) ?? mirrorHint)
}

/**
 * Makes the mirror, with our mark in its config from the start. Clones to another name first: a killed clone must not look like a mirror. A
 * mirror that another stage has made since the facts were read is left alone. Anything else in its place stops the step.
 */
export const cloneMirror = (stage: Stage, c: StepsContext): Command => {
  const { repo } = c.paths
  const url = stage.repoUrl ?? ''
  const fresh = path(`${repo}.shipit-clone`)
  const work = sh`
if ! [ "$(git config --file ${repo}/config --get remote.origin.url 2>/dev/null)" = ${url} ] || [ -z "$(git config --file ${repo}/config --get shipit.mirror)" ]; then
  if { [ -e ${repo} ] || [ -L ${repo} ]; } && ! { ! [ -L ${repo} ] && rmdir ${repo} 2>/dev/null; }; then
    printf '%s was made by another program since this run began\n' ${repo} >&2
    exit 1
  fi
  rm -rf ${fresh}
  git ${loginOptions(stage)} clone --quiet --mirror -c ${`shipit.mirror=${stage.application}`} ${url} ${fresh}
  ${rememberRefs(fresh)}
  mv ${fresh} ${repo}
fi
`
  return transfer(stage, c, withMirrorLock(stage, c, work).title(`clone ${url}`))
}

/**
 * Makes room for a new mirror if ours is damaged. Removes it, unless its refs differ from those of our last fetch: then it may have
 * pushed commits that are nowhere else, and it is moved aside. Its refs are read in another repository, because git does not open this
 * one.
 */
export const clearMirror = (stage: Stage, c: StepsContext): Command => {
  const { repo } = c.paths
  const probe = path(`${repo}.shipit-clone`)
  const work = sh`
if [ -n "$(git config --file ${repo}/config --get shipit.mirror 2>/dev/null)" ] && ! git --git-dir ${repo} rev-parse --git-dir >/dev/null 2>&1; then
  rm -rf ${probe}
  git init --quiet --bare ${probe}
  for refs in refs packed-refs; do if [ -e ${repo}/"$refs" ]; then cp -R ${repo}/"$refs" ${probe}/; fi; done
  if [ "$(${refsOf(probe)} 2>/dev/null)" = "$(git config --file ${repo}/config --get shipit.refs)" ]; then rm -rf ${repo}
  else
    aside=${repo}.damaged-$(date -u +%Y%m%d%H%M%S)
    mv ${repo} "$aside"
    printf 'the mirror was damaged, and its branches are not those of the last fetch: it was moved to %s, and a new one is made\n' "$aside" >&2
  fi
  rm -rf ${probe}
  [ -z "${raw('${aside-}')}" ]
fi
`
  return withMirrorLock(stage, c, work)
    .title('make place for a new mirror')
    .allowFailure()
    .hint('check what was pushed there, and remove it when it is no longer needed')
}

/** One hash of all refs. While it is that of our last fetch, nothing was pushed into the mirror. */
const refsOf = (repo: Path): Command => sh`git --git-dir ${repo} for-each-ref --format='%(objectname) %(refname)' | git hash-object --stdin`

const rememberRefs = (repo: Path): Command => sh`git config --file ${repo}/config shipit.refs "$(${refsOf(repo)})"`

/**
 * Fetches from the remote. In a mirror of ours, fetches everything and removes what the remote no longer has. In a lent one, or one in
 * which another program has changed a ref, fetches to names of our own: no existing branch is moved or removed. A commit that no ref leads to
 * is then requested by its hash.
 */
export const fetchMirror = (stage: Stage, c: StepsContext, mirror: Mirror): Command => {
  const { repo } = c.paths
  const url = stage.repoUrl ?? ''
  const lent = mirror.kind === 'lent'
  const words = [FETCH_OPTIONS, loginOptions(stage)]
  const apart = sh`git --git-dir ${repo} ${words} fetch --quiet --no-tags --prune ${url} '+refs/heads/*:refs/shipit/heads/*' '+refs/tags/*:refs/shipit/tags/*'`
  // in a mirror of ours, locks can only be left by a killed fetch: this run has the lock of the host, or of the mirror
  const refs = lent
    ? apart
    : sh`
find ${repo} -name '*.lock' ! -path '*/objects/*' -exec rm -f {} +
if [ "$(${refsOf(repo)})" = "$(git config --file ${repo}/config --get shipit.refs)" ]; then
  git --git-dir ${repo} ${words} remote update --prune
  ${rememberRefs(repo)}
else
  ${apart}
fi`
  const work = joinCommands(refs, sh`${hasCommit(c)} || git --git-dir ${repo} ${words} fetch --quiet ${url} ${c.deploy.revision}`)
  return transfer(stage, c, withMirrorLock(stage, c, work).title('fetch').unless(hasCommit(c)))
}

/** Marks the mirror as ours if it is and has no mark, and sets its address to the config's, without user and password. */
export const pointMirror = (stage: Stage, c: StepsContext, mirror: Mirror): Command | false => {
  const { paths, layout } = c
  const url = stage.repoUrl ?? ''
  const mark = mirror.kind === 'ours' && !mirror.marked && sh`git config --file ${paths.repo}/config shipit.mirror ${stage.application}`
  const address = wholeLayout(layout).repo.url !== url && sh`git config --file ${paths.repo}/config remote.origin.url ${url}`
  // a lock that a killed run of ours left
  const unlock = mirror.kind === 'ours' && sh`rm -f ${paths.repo}/config.lock`
  const changes = [mark, mark && rememberRefs(paths.repo), address].filter((command) => command !== false)
  const commands = unlock && changes.length > 0 ? [unlock, ...changes] : changes
  return (
    commands.length > 0 &&
    joinCommands(...commands)
      .title(`point the mirror at ${url}`)
      .hint(gitHint(gitHintContext(stage, c)))
  )
}
