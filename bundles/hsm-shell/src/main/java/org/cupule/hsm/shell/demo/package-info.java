/**
 * The demonstration: a guest that checks every answer, while the hardware under it is swapped.
 */
@NullMarked
package org.cupule.hsm.shell.demo;

import org.jspecify.annotations.NullMarked;
