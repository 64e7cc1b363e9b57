/**
 * The real-time clock of a PC and its memory. Source: Motorola MC146818A data sheet; for what a PC's firmware keeps in
 * the memory, the IBM PC/AT Technical Reference and the customs that followed it.
 */
@NullMarked
package org.cupule.dev.rtc;

import org.jspecify.annotations.NullMarked;
