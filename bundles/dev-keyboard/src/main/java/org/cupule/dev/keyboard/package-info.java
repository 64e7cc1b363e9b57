/**
 * The i8042 keyboard controller with a keyboard and a mouse that nobody touches. Source: IBM PC/AT and PS/2 Hardware
 * Interface Technical References, "Keyboard and Auxiliary Device Controller".
 */
@NullMarked
package org.cupule.dev.keyboard;

import org.jspecify.annotations.NullMarked;
