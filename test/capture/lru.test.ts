import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FUNCTION_CACHE_ENTRIES, analyzeFunction } from '#dist/capture/free-variables.js'
import { LruCache } from '#dist/capture/lru.js'

describe('a bounded cache', () => {
  it('drops the entry that was not used for the longest time', () => {
    const cache = new LruCache<string, number>(2)
    cache.set('a', 1)
    cache.set('b', 2)
    assert.equal(cache.get('a'), 1)
    cache.set('c', 3)
    assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c')], [1, undefined, 3])
    assert.equal(cache.size, 2)
  })

  it('keeps what is used often while many others pass', () => {
    const cache = new LruCache<string, number>(100)
    cache.set('often', 1)
    for (let i = 0; i < 10_000; i++) {
      cache.set(`once ${i}`, i)
      assert.equal(cache.get('often'), 1)
    }
    assert.equal(cache.size, 100)
  })

  it('keeps the weight bounded, counting a replaced entry once', () => {
    const cache = new LruCache<string, number>(10, 10)
    cache.set('a', 1, 6)
    cache.set('a', 2, 6)
    cache.set('b', 3, 4)
    assert.deepEqual([cache.get('a'), cache.get('b')], [2, 3])
    cache.set('c', 4, 5)
    assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c')], [undefined, 3, 4])
  })

  it('does not keep what alone is too heavy, and drops the old value of its key', () => {
    const cache = new LruCache<string, number>(10, 10)
    cache.set('a', 1, 1)
    cache.set('b', 1, 1)
    cache.set('a', 2, 11)
    assert.deepEqual([cache.get('a'), cache.get('b')], [undefined, 1])
  })

  it('bounds what is remembered of functions', () => {
    const first = analyzeFunction('() => "first"')
    for (let i = 0; i <= FUNCTION_CACHE_ENTRIES; i++) analyzeFunction(`() => ${i}`)
    assert.notEqual(analyzeFunction('() => "first"'), first)
  })
})
