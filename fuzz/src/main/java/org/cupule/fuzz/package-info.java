/** What comes from outside, mutated by Jazzer: one class a target. */
package org.cupule.fuzz;
