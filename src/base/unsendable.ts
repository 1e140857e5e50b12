/**
 * An object with this property is refused wherever a value would be sent to another worker; the property holds the
 * text that continues "it …" with the reason, and a sentence that says what to do instead. It is registered, so that two
 * copies of manycore understand each other.
 */
export const unsendable: unique symbol = Symbol.for('manycore.unsendable') as never
