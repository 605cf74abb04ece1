import type { Locate } from '../errors/source-location.ts'

/** Reads a config's text once more, for the lines of what is wrong with it. Never throws. */
export const locator = async (file: string, text: string): Promise<Locate> => {
  try {
    if (/\.(json|ya?ml)$/.test(file)) return (await import('./locate-data.ts')).locateInData(text)
    return (await import('./locate-code.ts')).locateInCode(file, text)
  } catch {
    return () => undefined
  }
}
