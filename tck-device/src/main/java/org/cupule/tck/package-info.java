/**
 * The JUnit side of the device TCK: one class to extend.
 */
@NullMarked
package org.cupule.tck;

import org.jspecify.annotations.NullMarked;
