import hljs from 'highlight.js/lib/common'

/** A block of code, highlighted. Without a language it is what a terminal shows. */
export function codeBlock(text: string, language: string): string {
  const html = language === '' ? terminal(text) : hljs.getLanguage(language) ? hljs.highlight(text, { language }).value : escapeHtml(text)
  return `<div class="code"><pre tabindex="0"><code>${html}</code></pre></div>\n`
}

/** Code in a line. The first column of a table keeps short code on one line. */
export function inlineCode(text: string): string {
  return `<code${text.length < 36 ? ' class="short"' : ''}>${escapeHtml(text)}</code>`
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
