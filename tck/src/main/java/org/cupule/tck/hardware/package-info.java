/**
 * Contract tests of the hardware SPI, and the test doubles they need.
 */
@NullMarked
package org.cupule.tck.hardware;

import org.jspecify.annotations.NullMarked;
