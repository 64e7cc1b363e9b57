/**
 * The machines: what is made of a description, and its life.
 */
@NullMarked
package org.cupule.machine.pc;

import org.jspecify.annotations.NullMarked;
