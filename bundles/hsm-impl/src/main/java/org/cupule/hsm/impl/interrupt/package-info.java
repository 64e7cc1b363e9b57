/**
 * Interrupt injection. See {@code docs/topic/interrupt.md}.
 */
@NullMarked
package org.cupule.hsm.impl.interrupt;

import org.jspecify.annotations.NullMarked;
