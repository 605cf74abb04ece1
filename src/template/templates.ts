import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import type { Liquid, LiquidOptions, Template } from 'liquidjs'
import { showLocation } from '../errors/source-location.ts'
import { usageError } from '../values/errors.ts'
import { secretText, type Secret } from '../values/secret.ts'
import { printed, templateData } from './template-data.ts'
import { templateError } from './template-error.ts'

/** Renders template files. Each file is read once, so that all hosts of a run get the same text. */
export interface Templates {
  /**
   * The text of a template with its data: a secret if the template reads one. Throws a ShipitError (usage), with the file and the line, for a
   * name that the data does not have, and for whatever else is wrong in the template.
   */
  render(file: string, data: Readonly<Record<string, unknown>>): string | Secret
}

const byRun = new WeakMap<object, Templates>()

/** The templates of a stage as one run resolved it, so that all its plans have the same text. `folder`: that of the config. */
export const templatesOf = (stage: object, folder: string): Templates => {
  const known = byRun.get(stage) ?? createTemplates(folder)
  byRun.set(stage, known)
  return known
}

/** `folder`: what the paths of templates are relative to. */
export const createTemplates = (folder: string): Templates => {
  const opened = new Map<string, Opened>()
  const open = (file: string): Opened => {
    const at = resolve(folder, file)
    const known = opened.get(at)
    if (known) return known
    const made = openTemplate(at, folder)
    opened.set(at, made)
    return made
  }
  return {
    render: (file, data) => {
      const template = open(checkFile(file))
      const masked = templateData(checkData(file, data), 'mask')
      const text = renderWith(template, masked.values)
      return masked.readSecret() ? secretText(text, () => renderWith(template, templateData(data, 'reveal').values)) : text
    },
  }
}

interface Opened {
  readonly engine: Liquid
  readonly parsed: readonly Template[]
  /** by its text: the file that has it, the template or one that it includes */
  readonly texts: ReadonlyMap<string, string>
}

const checkFile = (file: string): string => {
  if (typeof file !== 'string' || file === '') throw usageError('template() takes the path of a file of this machine, as text')
  if (file.endsWith('.erb'))
    throw usageError(`template() does not read ERB, which is Ruby: ${file}`, {
      hint: 'rename it, and write {{ port }} for <%= port %>, and {% if tls %} … {% endif %} for <% if tls %> … <% end %>',
    })
  return file
}

const checkData = (file: string, data: Readonly<Record<string, unknown>>): object => {
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data
  throw usageError(`the data of template(${JSON.stringify(file)}) is an object: { port: 8080 }`)
}

const openTemplate = (at: string, folder: string): Opened => {
  const texts = new Map<string, string>()
  const read = (file: string): string => {
    const text = readText(file, folder)
    texts.set(text, file)
    return text
  }
  const text = read(at)
  const engine = makeEngine(dirname(at), read)
  try {
    return { engine, texts, parsed: engine.parse(text, at) }
  } catch (error) {
    throw templateError(error, texts)
  }
}

/** Nothing is escaped, since these are no pages of the web, and nothing is left out: whatever is missing is an error. */
const makeEngine = (root: string, read: (file: string) => string): Liquid => {
  const { Liquid } = createRequire(import.meta.url)('liquidjs') as typeof import('liquidjs')
  const engine = new Liquid({
    root,
    fs: filesOf(read),
    // a file that is included is beside the template; without this the engine warns on the terminal
    relativeReference: false,
    cache: true,
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    jsTruthy: true,
    outputEscape: printed,
  })
  // the engine's own one prints a value unchecked
  engine.registerFilter('raw', (value: unknown) => value)
  return engine
}

/** How the engine finds the files that a template includes: from the template's folder. */
const filesOf = (read: (file: string) => string): NonNullable<LiquidOptions['fs']> => ({
  resolve: (dir, file) => resolve(dir, file),
  existsSync: (file) => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false,
  readFileSync: read,
  // for rendering that waits, which shipit does not use
  exists: (file) => Promise.resolve(statSync(file, { throwIfNoEntry: false })?.isFile() ?? false),
  readFile: (file) => Promise.resolve(read(file)),
})

const readText = (file: string, folder: string): string => {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw usageError(
      code === 'ENOENT'
        ? `template(): ${showLocation(file)} does not exist`
        : `template(): ${showLocation(file)} cannot be read: ${message}`,
      { hint: `a path is relative to the folder of the config, ${folder}`, cause: error },
    )
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw usageError(`template(): ${showLocation(file)} is not UTF-8 text`, { hint: 'upload() sends a file as it is' })
  }
}

const renderWith = ({ engine, parsed, texts }: Opened, values: object): string => {
  try {
    return engine.renderSync([...parsed], values) as string
  } catch (error) {
    throw templateError(error, texts, values)
  }
}
