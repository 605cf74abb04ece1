/**
 * Text that is safe to print on a terminal: no cursor movement, no titles, no control characters except tab and newline, no invisible
 * direction changes. Colours (SGR, ECMA-48 §8.3.117) stay if `colors` is set, and are reset at the end.
 */
export const cleanText = (text: string, colors = false): string => {
  if (!SUSPICIOUS.test(text)) return text
  let coloured = false
  const safe = text.replace(SEQUENCES, (sequence) => {
    if (!colors || !SGR.test(sequence)) return ''
    coloured = true
    return sequence
  })
  return coloured ? `${safe.replace(CONTROLS_BUT_SGR, '')}\u001b[0m` : safe.replace(CONTROLS, '')
}

/** One line of printable text. Newlines and tabs become single spaces. */
export const oneLine = (text: string, colors = false): string => cleanText(text, colors).replace(/[\t\n]+/g, ' ')

// Strings (OSC, DCS, …) end at BEL or ST; an unterminated one loses its introducer and is harmless text.
const SEQUENCES =
  // eslint-disable-next-line no-control-regex
  /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[ -/]*[0-~]/g
// eslint-disable-next-line no-control-regex
const SGR = /^\u001b\[[0-9;:]*m$/
export const HIDDEN = '\u202a-\u202e\u2066-\u2069\u2028\u2029'
const SUSPICIOUS = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f${HIDDEN}]`)
const CONTROLS = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f${HIDDEN}]`, 'g')
const CONTROLS_BUT_SGR = new RegExp(`(?!\\u001b\\[[0-9;:]*m)[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f${HIDDEN}]`, 'g')
