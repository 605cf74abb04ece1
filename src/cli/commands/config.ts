import { collectEnvErrors } from '../../config/env-issues.ts'
import { explainSettings, type ExplainedSetting, type Origin } from '../../config/explain-settings.ts'
import { locator } from '../../config/locate/locator.ts'
import type { LoadedConfig } from '../../config/raw-config.ts'
import { resolveWithSources } from '../../config/stage.ts'
import { showPath, type Locate } from '../../errors/source-location.ts'
import { createPaint, wantsColour, type Paint } from '../../output/colours.ts'
import { writeOut } from '../../output/intercept-streams.ts'
import { twoColumns } from '../../output/two-columns.ts'
import { cleanText, oneLine } from '../../redact/clean.ts'
import { masked } from '../../redact/mask.ts'
import { EXIT } from '../../values/errors.ts'
import { columnsIn } from '../../values/width.ts'
import { findSettings } from '../find-settings.ts'
import type { Options } from '../global-options.ts'
import { typedOwn } from '../own-options.ts'
import { redactText } from '../redact-text.ts'
import { shipitCommand } from '../shipit-command.ts'
import { shownData, shownText } from '../shown-value.ts'
import { openProject } from './open-project.ts'

/** `shipit STAGE config [KEY…]`: the settings of a stage, and where each is from. `--json` prints JSON. */
export const showConfig = async (options: Options, _argv: readonly string[], given?: LoadedConfig): Promise<number> => {
  const [stageName = '', , ...keys] = options.words
  const shipit = shipitCommand(options)
  const { loaded, settings } = await collectEnvErrors(async () => {
    const { loaded, overrides } = await openProject(options, given)
    const sources = await resolveWithSources(loaded, stageName, { ...overrides, runsNothing: true })
    const all = await explainSettings(sources, loaded)
    const hint = shipit(stageName, 'config')
    return { loaded, settings: keys.length === 0 ? all : findSettings(keys, all, { sources, config: loaded.config, hint }) }
  })
  const locate = await locator(loaded.file, loaded.text)
  if (typedOwn(options, '--json')) {
    writeOut(`${JSON.stringify(asJson(settings, locate), undefined, 2)}\n`)
    return EXIT.done
  }
  const paint = await createPaint(wantsColour(process.env, process.stdout.isTTY))
  const rows = settings.map((one) => [oneLine(masked(showPath(one.path))), rowText(one, locate, paint)] as const)
  writeOut(
    redactText(
      twoColumns(rows, columnsIn(process.stdout, Infinity))
        .map((line) => `${line}\n`)
        .join(''),
    ),
  )
  return EXIT.done
}

const rowText = ({ value, missing, origins }: ExplainedSetting, locate: Locate, paint: Paint): string => {
  const text = missing ? missing.message : value === undefined ? 'not set' : shownText(value, (one) => oneLine(masked(one)))
  return origins.length === 0 ? text : `${text}  ${paint.dim(`(${origins.map((one) => originText(one, locate)).join(' and ')})`)}`
}

const originText = ({ from, path, computed }: Origin, locate: Locate): string => {
  const line = path && locate(path)
  return [from, ...(line === undefined ? [] : [`line ${line}`]), ...(computed ? ['computed'] : [])].join(', ')
}

/** By the name of each setting: its value (none if it is not known), and `from`, where it is from. */
const asJson = (settings: readonly ExplainedSetting[], locate: Locate): object => {
  const clean = (text: string): string => cleanText(masked(text))
  return Object.fromEntries(
    settings.map(({ path, value, missing, origins }) => [
      clean(showPath(path)),
      {
        ...(value === undefined ? {} : { value: shownData(value, clean) }),
        ...(missing ? { missing: clean(missing.message) } : {}),
        from: origins.map((one) => originJson(one, locate)),
      },
    ]),
  )
}

const originJson = ({ from, path, computed }: Origin, locate: Locate): object => {
  const line = path && locate(path)
  return { layer: from, ...(line === undefined ? {} : { line }), ...(computed ? { computed } : {}) }
}
