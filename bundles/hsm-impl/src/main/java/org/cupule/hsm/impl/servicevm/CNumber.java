package org.cupule.hsm.impl.servicevm;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An unsigned number as C writes it: {@code 10}, {@code 0xa}, {@code 012}, with a plus sign before and one line end
 * after it if need be. So does the kernel read the values of its attributes.
 *
 * @threading immutable
 */
final class CNumber {
    private static final Pattern FORM = Pattern
            .compile("\\+?(?:0[xX](?<hex>[0-9a-fA-F]+)|0(?<octal>[0-7]*)|(?<decimal>[1-9][0-9]*))\\n?");
    /** Longer ones are no numbers of 32 bits, but for zeros in front. */
    private static final int MOST_DIGITS = 10;

    private CNumber() {
    }

    /** {@return the number; empty when the text is none, or one of more than 32 bits} */
    static OptionalLong parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            return OptionalLong.empty();
        }
        if (form.group("hex") != null) {
            return parse(form.group("hex"), 16);
        }
        return form.group("octal") != null ? parse("0" + form.group("octal"), 8) : parse(form.group("decimal"), 10);
    }

    private static OptionalLong parse(String digits, int base) {
        String significant = digits.replaceFirst("^0+(?=.)", "");
        if (significant.length() > MOST_DIGITS + 1) {
            return OptionalLong.empty();
        }
        long number = Long.parseLong(significant, base);
        return number >>> 32 == 0 ? OptionalLong.of(number) : OptionalLong.empty();
    }
}
