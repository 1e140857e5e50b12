import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'

const PAGE = new URL('../../docs/performance.md', import.meta.url)

/** What the figures were measured on, and how busy it was. */
export function machine(): string {
  const [cpu] = cpus()
  const load = loadavg()[0]?.toFixed(1)
  return `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} × ${cpu?.model.trim()}, load ${load}`
}

export function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1] ?? NaN
}

export function short(figure: number): string {
  if (!Number.isFinite(figure)) return 'never'
  if (figure >= 1000) return Math.round(figure).toLocaleString('en')
  return figure >= 100 ? figure.toFixed(0) : figure.toFixed(figure >= 10 ? 1 : 2)
}

/** Puts text between the two marks of this name in docs/performance.md. */
export function writeBetween(name: string, text: string): void {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const page = readFileSync(PAGE, 'utf8')
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${name}.`)
  writeFileSync(PAGE, `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`)
}
