/** The checks that every client of I/O requests must pass, as plain Java: what {@code ClientContract} runs. */
@NullMarked
package org.cupule.tck.client;

import org.jspecify.annotations.NullMarked;
