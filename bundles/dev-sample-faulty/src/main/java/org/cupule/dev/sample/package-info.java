/**
 * A device that fails in the middle of a swap, on purpose.
 */
@NullMarked
package org.cupule.dev.sample;

import org.jspecify.annotations.NullMarked;
