import type { ConfigPath } from './place.ts'

/** The line of the value at a path, or of the nearest thing around it; undefined when nothing of it is found. */
export type Locate = (path: ConfigPath) => number | undefined

/** Reads a config's text once more, for the lines of what is wrong with it. Never throws. */
export const locator = async (file: string, text: string): Promise<Locate> => {
  try {
    if (/\.(json|ya?ml)$/.test(file)) return (await import('./locate-data.ts')).locateInData(text)
    return (await import('./locate-code.ts')).locateInCode(file, text)
  } catch {
    return () => undefined
  }
}
