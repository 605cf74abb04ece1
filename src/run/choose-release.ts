import { firstOf, whereLive, whyNot } from '../plan/rollback-target.ts'
import { EXIT } from '../values/errors.ts'
import { liveOn, type ReleaseChoice, type ReleaseChoices } from './chosen-release.ts'
import { reportError } from './connect.ts'
import { readLook, type Look } from './look.ts'
import { releasesOf } from './releases.ts'
import { typedWords, type Running } from './running.ts'

/**
 * Asks which release a rollback goes to, if it was not named and somebody can be asked. It reads the hosts for that before this run takes the
 * lock, because an answer may take long, and other runs would wait for it. Returns false if the run ends here, after reporting why.
 */
export const askWhereTo = async (running: Running): Promise<boolean> => {
  const { state, request, intent } = running
  const { stage, interrupt, chooseRelease } = request
  if (!intent.rollback || request.planOnly || request.release !== undefined || chooseRelease === undefined) return true
  const hosts = intent.hosts.filter(({ release }) => release)
  const looks = (await Promise.all(hosts.map((host) => readLook(state, host, request, () => ({ commands: [] }))))).filter(
    (look) => look !== undefined,
  )
  if (looks.length < hosts.length || interrupt.signal.aborted) return false
  try {
    const choices = choicesIn(looks, await releasesOf({ stage, hosts }, looks))
    // the run says why it cannot go back
    if (choices.releases.every((one) => one.whyNot !== undefined)) return true
    const release = await chooseRelease(choices)
    running.chosen = {
      release,
      preset: release === choices.preset,
      live: new Map(looks.map(({ host, layout }) => [host.name, liveOn(layout)])),
    }
    const command = stage.shipit(...(typedWords(running) ?? ['deploy:rollback', '--release', release]))
    state.emit({ type: 'log', level: 'info', message: `you chose ${release}; without the question: ${command}` })
    return true
  } catch (error) {
    if (!interrupt.signal.aborted) reportError(state, error, EXIT.failed)
    return false
  }
}

const choicesIn = (looks: readonly Look[], { releases, rollback: preset }: Awaited<ReturnType<typeof releasesOf>>): ReleaseChoices => {
  const layouts = looks.map(({ host, layout }) => ({ host: host.name, layout }))
  const live = layouts.map(({ host, layout }) => ({ host, live: liveOn(layout) }))
  const [first, ...others] = new Set(live.map((one) => one.live))
  const choiceOf = ({ release, revision, commit, age, on }: (typeof releases)[number]): ReleaseChoice => {
    const row = { release, revision, commit, age }
    if (on.every((one) => one.live)) return { ...row, whyNot: 'is live', note: undefined }
    const why = whyNot(layouts, release)
    if (release === preset) return { ...row, whyNot: undefined, note: why || undefined }
    if (why !== '') return { ...row, whyNot: why, note: undefined }
    const where = on.flatMap((one) => (one.live ? [one.host] : []))
    const newer = first !== undefined && others.length === 0 && release > first
    return {
      ...row,
      whyNot: undefined,
      note: where.length > 0 ? `live on ${firstOf(where)}` : newer ? 'newer than what is live' : undefined,
    }
  }
  return {
    releases: releases.map(choiceOf),
    preset,
    live: others.length === 0 ? `${first ?? 'nothing'} is live` : whereLive(live),
  }
}
