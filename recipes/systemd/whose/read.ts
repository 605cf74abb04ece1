import type { RecipeFacts, StepsContext } from '../../../src/index.ts'
import { absolute } from '../../absolute.ts'
import type { ScopeSettings } from '../scope.ts'
import { whoseOf, type Evidence, type Whose } from './verdict.ts'

export type Owned = { readonly name: string; readonly whose: Whose }
type Of = Pick<StepsContext<ScopeSettings>, 'application' | 'stage' | 'paths' | 'facts' | 'layout'>

/** The owner of each unit, by the fact `owner`; empty if the host did not answer. Leaves out missing units. */
export const ownersOf = (c: Of): readonly Owned[] => {
  const answer: RecipeFacts[string] | undefined = c.facts.owner
  if (answer?.ok !== true) return []
  const [top = '', asked = '', ...rest] = answer.stdout.split('\n')
  const names = asked.split(' ')
  const tops = [top, absolute(c, c.paths.deployTo)]
  const [own = '', along = ''] = rest.join('\n').split(/^--$/m)
  const others = blocks(along).map((of) => ({ id: of.get('Id') ?? '', whose: whoseOf(c, evidence(of), tops) }))
  return blocks(own).flatMap((of, i): Owned[] => {
    // asked for an alias, systemd answers with the unit's own name
    const name = names[i] ?? of.get('Id') ?? ''
    if (of.get('LoadState') === 'not-found') return []
    const whose = whoseOf(c, evidence(of), tops)
    const led = `${of.get('Triggers') ?? ''} ${of.get('ConsistsOf') ?? ''}`.split(' ')
    const taken = others.find((other) => led.includes(other.id) && other.whose.kind === 'foreign')
    if (whose.kind === 'foreign' || taken?.whose.kind !== 'foreign') return [{ name, whose }]
    return [{ name, whose: { ...taken.whose, whose: `starts ${taken.id}, which ${taken.whose.whose}` } }]
  })
}

const blocks = (text: string): readonly ReadonlyMap<string, string>[] =>
  text
    .split(/\n\n+/)
    .filter((block) => block.trim() !== '')
    .map((block) => new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])))

const evidence = (of: ReadonlyMap<string, string>): Evidence => ({
  mark: of.get('Mark') ?? '',
  dir: (of.get('WorkingDirectory') ?? '').replace(/^[!-]/, ''),
  within: of.get('Within') ?? '',
  exec: of.get('ExecStart') ?? '',
  cwd: of.get('Cwd') ?? '',
  file: of.get('FragmentPath') ?? '',
})
