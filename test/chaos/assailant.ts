import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.js'
import type { Victims } from './victims.js'

/** Does to the workers of this process what the world may do to them. */
export class Assailant {
  readonly done = { killed: 0, stopped: 0, starved: 0 }
  readonly #random: Random
  readonly #victims: Victims
  readonly #isStarted: (id: number) => boolean
  readonly #startedMs = new Map<number, number>()
  /** Struck while they started, since there was one that had started. */
  #young = 0
  #over = false

  /** `isStarted`: whether the worker has been ready. */
  constructor(random: Random, victims: Victims, isStarted: (id: number) => boolean) {
    this.#random = random
    this.#victims = victims
    this.#isStarted = isStarted
  }

  /** Goes on until `end`. */
  async run(): Promise<void> {
    const random = this.#random
    const spells: Promise<void>[] = []
    while (!this.#over) {
      await sleep(random.between(30, 300))
      const roll = random.next()
      const pids = this.#chosen()
      if (pids.length === 0) continue
      const pid = random.pick(pids)
      if (roll < 0.5) this.#strike(pid, random.pick(SIGNALS))
      else if (roll < 0.55) for (const one of pids) this.#strike(one, 'SIGKILL')
      else if (roll < 0.9) spells.push(this.#stop(pid, random.between(5, 400), random.chance(0.2)))
      else spells.push(this.#starve(random.between(50, 300)))
    }
    await Promise.all(spells)
  }

  end(): void {
    this.#over = true
  }

  // Mostly of those that have started a while ago, and never many that have not: some in a row that are struck down while
  // they start, or while they build a function, are a reason to give up the pool, or that function.
  #chosen(): number[] {
    const pids = this.#victims.all()
    const nowMs = performance.now()
    for (const pid of pids.filter(this.#isStarted)) if (!this.#startedMs.has(pid)) this.#startedMs.set(pid, nowMs)
    const old = pids.filter((pid) => this.#isOld(pid))
    if (old.length > 0) this.#young = 0
    return this.#young < MOST_YOUNG && this.#random.chance(0.2) ? pids : old
  }

  #isOld(pid: number): boolean {
    return performance.now() - (this.#startedMs.get(pid) ?? Infinity) > SETTLED_MS
  }

  #strike(pid: number, signal: NodeJS.Signals): void {
    const isYoung = !this.#isOld(pid)
    if (!this.#victims.send(pid, signal)) return
    this.done.killed++
    if (isYoung) this.#young++
  }

  async #stop(pid: number, forMs: number, thenKill: boolean): Promise<void> {
    if (!this.#victims.send(pid, 'SIGSTOP')) return
    this.done.stopped++
    await sleep(forMs)
    if (thenKill) this.#strike(pid, 'SIGKILL')
    this.#victims.send(pid, 'SIGCONT')
  }

  /** Somebody else wants the cores. */
  async #starve(forMs: number): Promise<void> {
    this.done.starved++
    const burn = `const end = Date.now() + ${forMs}; while (Date.now() < end);`
    const burners = [1, 2].map(() => spawn(process.execPath, ['-e', burn], { stdio: 'ignore' }))
    await Promise.all(burners.map((burner) => new Promise((resolve) => burner.on('close', resolve))))
  }
}

const MOST_YOUNG = 2
const SETTLED_MS = 300

// Three starts in a row that end by the worker's own fault, as these two look, are taken for a lasting one.
const RARE: readonly NodeJS.Signals[] = ['SIGSEGV', 'SIGABRT']
const SIGNALS: readonly NodeJS.Signals[] = [...Array<'SIGKILL'>(8).fill('SIGKILL'), 'SIGTERM', ...RARE]
