import { describe } from 'node:test'
import { faultMatrix } from './fault-matrix.js'

describe('faults at every place on the way of a task, inline', () => faultMatrix('inline'))
