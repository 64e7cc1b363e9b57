/**
 * The 16550A UART. Source: National Semiconductor, PC16550D data sheet (sections named in the comments).
 */
@NullMarked
package org.cupule.dev.uart;

import org.jspecify.annotations.NullMarked;
