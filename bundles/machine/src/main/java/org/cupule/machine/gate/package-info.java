/**
 * The gate in front of a device: one caller at a time, and a door that a swap can close.
 */
@NullMarked
package org.cupule.machine.gate;

import org.jspecify.annotations.NullMarked;
