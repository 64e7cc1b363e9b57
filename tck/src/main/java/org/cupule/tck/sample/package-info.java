/**
 * What the data sheet of the sample device says, as tests of each of its models.
 */
@NullMarked
package org.cupule.tck.sample;

import org.jspecify.annotations.NullMarked;
