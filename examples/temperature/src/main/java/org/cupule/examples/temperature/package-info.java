/**
 * A temperature sensor in memory, with an alarm interrupt.
 */
@NullMarked
package org.cupule.examples.temperature;

import org.jspecify.annotations.NullMarked;
