import hljs from 'highlight.js/lib/common'

/** A block of code, highlighted. Without a language it is what a terminal shows. */
export function codeBlock(text: string, language: string): string {
  const html = language === '' ? terminal(text) : hljs.getLanguage(language) ? hljs.highlight(text, { language }).value : escapeHtml(text)
  return `<div class="code"><pre tabindex="0"><code>${html}</code></pre></div>\n`
}

/**
 * Code in a line. A browser would break lines at hyphens: options and short words stay whole, and short code does in the first column of a
 * table.
 */
export function inlineCode(text: string): string {
  const kind = text.length < 24 && !text.includes(' ') ? 'word' : text.length < 36 ? 'short' : ''
  const html = escapeHtml(text).replaceAll(/(?<=^| )-[\w-]{1,30}/g, kind === 'word' ? '$&' : '<span class="word">$&</span>')
  return `<code${kind === '' ? '' : ` class="${kind}"`}>${html}</code>`
}

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Marks typed commands, comments, and the signs that shipit colours. */
function terminal(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const [, prompt = '', rest = '', comment = ''] = /^(\$ |)(.*?)((?:^|\s{2,})# .*|)$/.exec(line)!
      const colored = escapeHtml(rest)
        .replaceAll(/✔/g, '<span class="t-good">$&</span>')
        .replaceAll(/✖|✗/g, '<span class="t-bad">$&</span>')
        .replaceAll(/⚠/g, '<span class="t-warn">$&</span>')
      const command = prompt === '' ? colored : `<span class="t-prompt">$ </span><b>${colored}</b>`
      return comment === '' ? command : `${command}<span class="hljs-comment">${escapeHtml(comment)}</span>`
    })
    .join('\n')
}
