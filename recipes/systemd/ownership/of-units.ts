import type { StepsContext } from '../../../src/index.ts'
import { expandHome, parseHeader } from '../../../src/kit/index.ts'
import type { Owners } from '../known.ts'
import type { Properties } from '../properties.ts'
import type { ScopeSettings } from '../scope.ts'
import { judgeOwnership, type Evidence, type Ownership } from './verdict.ts'

export type Owned = { readonly name: string; readonly ownership: Ownership }
type Of = Pick<StepsContext<ScopeSettings>, 'application' | 'stage' | 'paths'> & {
  readonly layout: { readonly home: string }
  readonly facts: { readonly owner?: Owners | undefined }
}

/** The owner of each unit, by the fact `owner`; empty if the host did not answer. Leaves out missing units. */
export const ownershipOf = (c: Of): readonly Owned[] => ownershipIn(c, c.facts.owner)

/**
 * The owner of each of these units. `sure`: a first line that does not name the folder, as in older versions, proves nothing.
 */
export const ownershipIn = (c: Omit<Of, 'facts'>, owner: Owners | undefined, sure = false): readonly Owned[] => {
  if (owner === undefined || owner.stderr !== undefined) return []
  const tops = [owner.top, expandHome(c, c.paths.deployTo)]
  const others = owner.along.map((of) => ({ id: of.get('Id') ?? '', ownership: judgeOwnership(c, evidence(of, sure), tops) }))
  return owner.units.flatMap(({ name, properties: of }): Owned[] => {
    if (of.get('LoadState') === 'not-found') return []
    const ownership = judgeOwnership(c, evidence(of, sure), tops)
    const led = `${of.get('Triggers') ?? ''} ${of.get('ConsistsOf') ?? ''}`.split(' ')
    const taken = others.find((other) => led.includes(other.id) && other.ownership.kind === 'foreign')
    if (ownership.kind === 'foreign' || taken?.ownership.kind !== 'foreign') return [{ name, ownership }]
    return [{ name, ownership: { ...taken.ownership, why: `starts ${taken.id}, which ${taken.ownership.why}` } }]
  })
}

const evidence = (of: Properties, sure: boolean): Evidence => ({
  header: sure && parseHeader(of.get('Mark') ?? '')?.of === undefined ? '' : (of.get('Mark') ?? ''),
  dir: (of.get('WorkingDirectory') ?? '').replace(/^[!-]/, ''),
  within: of.get('Within') ?? '',
  exec: of.get('ExecStart') ?? '',
  cwd: of.get('Cwd') ?? '',
  file: of.get('FragmentPath') ?? '',
})
