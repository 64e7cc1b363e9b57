/**
 * The 8254 interval timer of a PC, with the speaker port. Source: Intel 82C54 data sheet, order number 231244.
 */
@NullMarked
package org.cupule.dev.pit;

import org.jspecify.annotations.NullMarked;
