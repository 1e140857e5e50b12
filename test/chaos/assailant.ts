import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random.js'
import type { Victims } from './victims.js'

/** Does to the workers of this process what the world may do to them. */
export class Assailant {
  readonly done = { killed: 0, stopped: 0, starved: 0 }
  readonly #random: Random
  readonly #victims: Victims
  readonly #firstSeenMs = new Map<number, number>()
  #over = false

  constructor(random: Random, victims: Victims) {
    this.#random = random
    this.#victims = victims
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

  // Mostly of the older ones: ten starts in a row that are struck down are a reason to give the pool up.
  #chosen(): number[] {
    const nowMs = performance.now()
    const pids = this.#victims.all()
    for (const pid of pids) if (!this.#firstSeenMs.has(pid)) this.#firstSeenMs.set(pid, nowMs)
    if (this.#random.chance(0.2)) return pids
    return pids.filter((pid) => nowMs - (this.#firstSeenMs.get(pid) ?? nowMs) > 500)
  }

  #strike(pid: number, signal: NodeJS.Signals): void {
    if (this.#victims.send(pid, signal)) this.done.killed++
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

// Three starts in a row that end by the worker's own fault, as these two look, are taken for a lasting one.
const RARE: readonly NodeJS.Signals[] = ['SIGSEGV', 'SIGABRT']
const SIGNALS: readonly NodeJS.Signals[] = [...Array<'SIGKILL'>(8).fill('SIGKILL'), 'SIGTERM', ...RARE]
