/**
 * The pair of 8259A interrupt controllers of a PC.
 */
@NullMarked
package org.cupule.hw.pic;

import org.jspecify.annotations.NullMarked;
