import { currentProcess, registerType } from 'manycore'
import { FAULTS } from './faults.js'

/** Where on the way of a task something goes wrong: `sending` and `home` lie with the owner, the others with the worker. */
export type Place = 'sending' | 'arriving' | 'returning' | 'home' | 'none'

/** A value that goes wrong at one place of its way. */
export class Cargo {
  readonly n: number
  readonly place: Place
  readonly fault: string

  constructor(n: number, place: Place, fault: string) {
    this.n = n
    this.place = place
    this.fault = fault
  }
}

/** What the owner does when a cargo goes wrong at a place of its own. */
export const owner = { blow: (): void => {} }

/** To be called before anything travels. */
export function registerCargo(): void {
  registerType(Cargo, {
    encode: ({ n, place, fault }) => {
      pass(place === 'sending', place === 'returning', fault)
      return { n, place, fault }
    },
    decode: ({ n, place, fault }) => {
      pass(place === 'home', place === 'arriving', fault)
      return new Cargo(n, place, fault)
    },
  })
}

function pass(withOwner: boolean, inWorker: boolean, fault: string): void {
  if (currentProcess().name === 'MainProcess') {
    if (withOwner) owner.blow()
  } else if (inWorker) FAULTS.find(({ name }) => name === fault)?.strike()
}
