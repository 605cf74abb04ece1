import type { Claim, ClaimsContext, FactsContext, FactTreeOf, Finding } from '../../src/index.ts'
import { sudoChecks, sudoersHint, type Check } from '../../src/kit/index.ts'
import { unitChecks } from './checks.ts'
import { checkFacts, doctorFacts, unitFacts } from './facts.ts'
import { unitFindings } from './findings.ts'
import { unitClaim } from './names.ts'
import { ownerFact } from './ownership/fact.ts'
import { hostChecks } from './ownership/refuse.ts'
import { isHere, partOf, type Part, type RecipeContext, type ServiceDefinition, type ServiceFacts } from './service-definition.ts'
import { allCalls, deployCalls, sudoersRules } from './sudoers.ts'
import { writtenFacts, writtenFindings } from './units/service-units.ts'
import { namesOf } from './state.ts'

/** What is read about a service before a run is planned; false: it is not on this host. */
export const serviceFacts = <S, H>(definition: ServiceDefinition<S, H>, c: FactsContext<S>): FactTreeOf<ServiceFacts<H>> | false => {
  if (!isHere(definition, c)) return false
  const service = definition.describe(c.settings)
  const { scope, units, shared = false } = service
  const runs = (...tasks: readonly string[]): boolean => tasks.some((task) => c.runs(`${definition.tasks}:${task}`))
  const login = c.host.user
  return {
    ...unitFacts(scope, units, login),
    ...(!shared && { owner: ownerFact(scope, units, c.paths, login) }),
    ...(runs('check') && checkFacts(scope, deployCalls(service))),
    ...writtenFacts(definition, c, runs),
  }
}

/** The further facts that the doctor reads, and its findings. */
export const serviceDoctor = <S, H>(definition: ServiceDefinition<S, H>) => ({
  facts: (c: FactsContext<S>): FactTreeOf<ServiceFacts<H>> | false => {
    if (!isHere(definition, c)) return false
    const service = definition.describe(c.settings)
    return {
      ...writtenFacts(definition, c, () => true),
      ...doctorFacts(service.scope, service.units, c.host.user),
      ...checkFacts(service.scope, allCalls(service)),
    }
  },
  findings: (c: RecipeContext<S>): readonly Finding[] => {
    if (!isHere(definition, c)) return []
    const part = partOf(definition, c)
    return [
      ...serviceChecks(definition, c, part),
      ...unitFindings(part.context, part.service.units),
      ...writtenFindings(definition, c, part),
    ]
  },
})

/** Problems that would make the calls of a deploy fail; the doctor reports the same ones. */
export const serviceChecks = <S, H>(
  definition: ServiceDefinition<S, H>,
  c: RecipeContext<S>,
  { context, units }: Part<H>,
): readonly Check[] => [
  ...(definition.writer.plan(c.settings) === undefined ? [] : hostChecks(context, namesOf(units))),
  ...unitChecks(
    context,
    units,
    sudoChecks(context, () => sudoersHint(sudoersRules(definition), c)),
  ),
]

/** The units of a service belong to one use of a recipe alone, unless all applications use it. `by`: the part of the recipe that has it. */
export const serviceClaims = <S, H>(definition: ServiceDefinition<S, H>, c: ClaimsContext<S>, by?: string): readonly Claim[] => {
  const { scope, units, shared = false } = definition.describe(c.settings)
  return shared || !isHere(definition, c) ? [] : units.map((unit) => unitClaim(scope, c.host, unit, by))
}
