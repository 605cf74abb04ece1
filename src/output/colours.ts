export type Colour = (text: string) => string

/** The few colours that shipit uses; if colours are off, each returns its text unchanged. */
export interface Paint {
  /** whether colours in the output of commands are kept */
  readonly on: boolean
  readonly red: Colour
  readonly green: Colour
  readonly yellow: Colour
  readonly cyan: Colour
  readonly dim: Colour
  readonly bold: Colour
}

const same: Colour = (text) => text
export const plainPaint: Paint = { on: false, red: same, green: same, yellow: same, cyan: same, dim: same, bold: same }

/** Colours from chalk, which is loaded only if colours are on. */
export const createPaint = async (on: boolean): Promise<Paint> => {
  if (!on) return plainPaint
  const { Chalk } = await import('chalk')
  const { red, green, yellow, cyan, dim, bold } = new Chalk({ level: 1 })
  return {
    on,
    red: (text) => red(text),
    green: (text) => green(text),
    yellow: (text) => yellow(text),
    cyan: (text) => cyan(text),
    dim: (text) => dim(text),
    bold: (text) => bold(text),
  }
}

/** FORCE_COLOR decides, then NO_COLOR (https://no-color.org), then whether this is a terminal: the same order as in Node. */
export const wantsColour = (env: Readonly<Record<string, string | undefined>>, isTTY: boolean): boolean => {
  if (env.FORCE_COLOR !== undefined) return !['0', 'false'].includes(env.FORCE_COLOR)
  if (env.NO_COLOR) return false
  return isTTY && env.TERM !== 'dumb'
}
