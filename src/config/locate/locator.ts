import type { Locate } from '../../errors/source-location.ts'

/** Parses the config again to find the lines of its problems. Never throws. */
export const locator = async (file: string, text: string): Promise<Locate> => {
  try {
    if (/\.(json|ya?ml)$/.test(file)) return (await import('./in-data.ts')).locateInData(text)
    return (await import('./in-code.ts')).locateInCode(file, text)
  } catch {
    return () => undefined
  }
}
