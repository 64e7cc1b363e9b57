package org.cupule.hsm.impl.whiteboard;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.cupule.types.AddressSpace;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;

/**
 * What the properties of an {@link IoRequestClient} say.
 *
 * @param vms
 *            which names are meant
 * @param ranges
 *            its ranges
 * @threading immutable
 */
record Wish(String name, Pattern vms, List<IoRange> ranges, boolean threaded) {
    private static final String NUMBER = "0[xX][0-9a-fA-F]{1,16}|[0-9]{1,18}";
    private static final Pattern RANGE = Pattern
            .compile("(ports?|memory)\\s+(" + NUMBER + ")(?:\\s*-\\s*(" + NUMBER + "))?");

    /**
     * Reads the properties.
     *
     * @param fallbackName
     *            the name where the properties have none
     * @throws HsmException
     *             EINVAL when one cannot be read
     */
    static Wish of(Map<String, ?> properties, String fallbackName) {
        Object name = properties.get(IoRequestClient.NAME);
        return new Wish(name == null ? fallbackName : name.toString(), names(texts(properties, IoRequestClient.VM)),
                texts(properties, IoRequestClient.RANGES).stream().map(Wish::range).toList(),
                Boolean.parseBoolean(String.valueOf(properties.get(IoRequestClient.THREADED))));
    }

    private static List<String> texts(Map<String, ?> properties, String key) {
        return switch (properties.get(key)) {
            case null -> List.of();
            case Object[] many -> Arrays.stream(many).map(String::valueOf).map(String::strip).toList();
            case Iterable<?> many -> {
                var texts = new java.util.ArrayList<String>();
                many.forEach(each -> texts.add(String.valueOf(each).strip()));
                yield List.copyOf(texts);
            }
            case Object one -> List.of(String.valueOf(one).strip());
        };
    }

    private static Pattern names(List<String> wanted) {
        return wanted.isEmpty()
                ? Pattern.compile(".*", Pattern.DOTALL)
                : Pattern.compile(wanted.stream().map(Wish::name).collect(Collectors.joining("|")), Pattern.DOTALL);
    }

    private static String name(String wildcard) {
        return Arrays.stream(wildcard.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
    }

    private static IoRange range(String text) {
        Matcher form = RANGE.matcher(text);
        if (!form.matches()) {
            throw new HsmException(Errno.EINVAL, IoRequestClient.RANGES,
                    "'" + text + "' is not of the form 'ports 0x60-0x64' or 'memory 0xfed40000-0xfed44fff'");
        }
        long first = number(form.group(2));
        long last = form.group(3) == null ? first : number(form.group(3));
        AddressSpace space = form.group(1).equals("memory") ? AddressSpace.MMIO : AddressSpace.PORTIO;
        if (space == AddressSpace.PORTIO && Long.compareUnsigned(last, 0xFFFF) > 0) {
            throw new HsmException(Errno.EINVAL, IoRequestClient.RANGES, "there are no ports beyond 0xffff: " + text);
        }
        return new IoRange(space, first, last);
    }

    private static long number(String text) {
        return text.startsWith("0x") || text.startsWith("0X")
                ? Long.parseUnsignedLong(text.substring(2), 16)
                : Long.parseLong(text);
    }

    /** {@return whether a VM of this name is meant} */
    boolean matches(String vm) {
        return vms.matcher(vm).matches();
    }
}
