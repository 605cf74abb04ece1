import type { Shell } from './shell.ts'

/** The shell, or undefined if the signal is first: the shell is then closed when it arrives. */
export const shellUnlessStopped = async (signal: AbortSignal, coming: Promise<Shell>): Promise<Shell | undefined> => {
  const stopped = Promise.withResolvers<void>()
  const stop = (): void => stopped.resolve()
  signal.addEventListener('abort', stop, { once: true })
  const shell = await Promise.race([coming, stopped.promise])
  signal.removeEventListener('abort', stop)
  if (shell && !signal.aborted) return shell
  void coming.then((late) => late.close()).catch(() => {})
  return undefined
}
