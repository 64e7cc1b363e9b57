/**
 * Verification of system instructions, modes, paging and exceptions: guests of {@code guests/systest} run on the
 * processor model, with nothing around it, and tell what they saw as text.
 */
@NullMarked
package org.cupule.hw.cpu.systest;

import org.jspecify.annotations.NullMarked;
