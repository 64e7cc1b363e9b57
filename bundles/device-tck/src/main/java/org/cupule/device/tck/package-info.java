/**
 * The device TCK as a service of the live platform.
 */
@NullMarked
package org.cupule.device.tck;

import org.jspecify.annotations.NullMarked;
