/**
 * C-states and P-states. See {@code docs/topic/power.md}.
 */
@NullMarked
package org.cupule.hsm.impl.power;

import org.jspecify.annotations.NullMarked;
