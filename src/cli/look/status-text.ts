import { table } from '../../output/aligned-table.ts'
import type { Paint } from '../../output/colours.ts'
import { hostList, SYMBOL } from '../../output/format.ts'
import { groupHosts, groupNames, largestOf } from '../../output/host-groups.ts'
import { oneLine } from '../../redact/clean.ts'
import type { HostStatus, StageStatus } from '../../run/status-types.ts'
import { ageText, utc } from '../../values/duration.ts'
import { explainHold } from '../../values/hold.ts'
import { cut, width, wrap } from '../../values/width.ts'

/** `shipit STAGE status` as lines of at most `columns` columns, as far as the names of the hosts allow. */
export const statusLines = (status: StageStatus, columns: number, paint: Paint): string[] => [
  ...hostTable(status.hosts, columns, paint),
  ...serviceTable(status.hosts, columns, paint),
  ...lockLines(status.hosts, columns, paint),
  ...holdLines(status.hosts, columns, paint),
  '',
  ...driftLines(status, columns, paint),
  status.drift.length > 0 ? paint.yellow(`${SYMBOL.warn} ${status.headline}`) : paint.green(`${SYMBOL.ok} ${status.headline}`),
]

/** Room for the names of hosts, beside the other columns of the first table. */
const OTHERS = 2 + 14 + 7 + 12 + 6 + 9 + 5 * 2

const hostTable = (hosts: readonly HostStatus[], columns: number, paint: Paint): string[] => {
  const groups = groupHosts(
    hosts.filter(({ read, releases }) => !read || releases).map((of) => ({ host: of.host, of })),
    ({ read, live, elsewhere, differs, before }) => [read, live && { ...live, since: 0, age: 0 }, elsewhere, differs, before],
  )
  if (groups.length === 0) return []
  const largest = largestOf(groups)
  const room = Math.max(10, columns - OTHERS)
  const rows = groups.flatMap(({ hosts: names, of }) => {
    const { read, live, elsewhere, differs, before } = of
    const mark = differs ? paint.yellow(`${SYMBOL.warn} differs`) : ''
    const start = wrap(groupNames(names, largest), room).join('\n')
    if (!read) return [[start, paint.red(`${SYMBOL.failed} not read`), '', '', '', '']]
    if (!live)
      return [
        [start, elsewhere === undefined ? 'none' : '-', '', '', '', mark],
        ...(elsewhere === undefined ? [] : [note(`current: ${oneLine(elsewhere)}`)]),
      ]
    return [
      [
        start,
        live.release,
        live.revision?.slice(0, 7) ?? '-',
        cut(oneLine(live.by ?? '-'), 12),
        live.age === undefined ? '-' : ageText(live.age),
        mark,
      ],
      ...(live.commit === undefined ? [] : [note(oneLine(live.commit.subject))]),
      ...(live.state === 'good' ? [] : [note(paint.yellow(`its state is ${live.state}`))]),
      note(paint.dim(before === undefined ? 'no good release before it' : `before it: ${before}`)),
    ]
  })
  const head = ['host', 'live', 'commit', 'by', 'for', ''].map((word) => paint.dim(word))
  return table([head, ...rows], '  ').map((line) => cut(line, columns))
}

const note = (text: string): string[] => [`  ${text}`]

const serviceTable = (hosts: readonly HostStatus[], columns: number, paint: Paint): string[] => {
  const groups = groupHosts(
    hosts.flatMap(({ host, services }) => services.map((of) => ({ host, of }))),
    ({ name, state, up, from, release }) => [name, state, up, from, release],
  )
  if (groups.length === 0) return []
  const largest = largestOf(groups)
  const room = Math.max(10, Math.floor(columns / 4))
  const rows = groups.map(({ hosts: on, of: { name, state, up, from, release } }) => [
    oneLine(name),
    wrap(groupNames(on, largest), room).join('\n'),
    up === true ? cut(oneLine(state), 14) : paint.yellow(`${SYMBOL.warn} ${cut(oneLine(state), 14)}`),
    from === 'other'
      ? paint.yellow(`${SYMBOL.warn} ${release ?? 'an older one'}`)
      : { live: release ?? '', elsewhere: '-', unknown: 'not known', none: '' }[from],
  ])
  const all = [['service', 'host', 'state', 'release'].map((word) => paint.dim(word)), ...rows]
  const others = [1, 2, 3].map((i) => Math.max(...all.flatMap((row) => (row[i] ?? '').split('\n').map(width))))
  // 8: the margin, and the gaps between the columns
  const names = Math.max(16, columns - 8 - others.reduce((sum, one) => sum + one, 0))
  return [
    '',
    ...table(
      all.map(([name = '', ...more]) => [cut(name, names), ...more]),
      '  ',
    ).map((line) => cut(line, columns)),
  ]
}

const lockLines = (hosts: readonly HostStatus[], columns: number, paint: Paint): string[] => {
  const groups = groupHosts(
    hosts.flatMap(({ host, lock }) => (lock === undefined ? [] : [{ host, of: lock }])),
    (lock) => lock,
  )
  return groups.flatMap(({ hosts: names, of: { owner, what, since, halted } }) => {
    const began = utc(since * 1000)
    const text = `locked on ${groupNames(names, hosts.length)} by ${oneLine(owner)}: ${oneLine(what)}${began === undefined ? '' : `, since ${began}`}${halted ? ', and the process that holds it is stopped' : ''}`
    return ['', ...wrap(text, columns - 2).map((line) => `  ${paint.yellow(line)}`)]
  })
}

const holdLines = (hosts: readonly HostStatus[], columns: number, paint: Paint): string[] => {
  const groups = groupHosts(
    hosts.flatMap(({ host, hold }) => (hold === undefined ? [] : [{ host, of: hold }])),
    (hold) => hold,
  )
  return groups.flatMap(({ hosts: names, of }) => {
    const text = oneLine(`${groupNames(names, hosts.length)}: ${explainHold(of, new Date())}`)
    return ['', ...wrap(text, columns - 2).map((line) => `  ${paint.yellow(line)}`)]
  })
}

const driftLines = ({ drift }: StageStatus, columns: number, paint: Paint): string[] => {
  const groups = groupHosts(
    drift.map(({ host, what }) => ({ host, of: what })),
    (what) => what,
  )
  return groups.flatMap(({ hosts, of }) =>
    wrap(`${hostList(hosts, Infinity)}: ${oneLine(of)}`, columns - 4).map(
      (line, i) => `${i === 0 ? paint.yellow(SYMBOL.warn) : ' '} ${line}`,
    ),
  )
}
