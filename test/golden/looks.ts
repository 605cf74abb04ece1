/** The check that units are up, as `outlineOf` returns it: each unit with the old process and the kind of proof. */
export const up = (units: string, pids = '', proof = 'notify', as = '') => {
  const all = units.split(' ').map((unit, i) => [unit, pids.split(' ')[i] || 'none', proof].join(' '))
  const names = all.map((one) => one.split(' ')[0]!.replaceAll("'", ''))
  return [`# ${as}check that ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} up`, ...all.map((one) => `watch ${one}`)].join('\n')
}

/** The check that units ended by themselves. */
export const ended = (units: string, as = '') => {
  const all = units.split(' ')
  const names = all.map((one) => one.replaceAll("'", ''))
  const by = names.length === 1 ? 'itself' : 'themselves'
  return [`# ${as}check that ${names.join(', ')} ended by ${by}`, ...all.map((one) => `ended ${one} '' 0`)].join('\n')
}
