package org.cupule.machine.net;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;

/**
 * Which ports of the host's loopback and of the guest are connected. Without a rule nothing is.
 *
 * @param list
 *            the rules
 * @threading immutable
 */
public record Rules(List<Rule> list) {
    private static final Pattern FORM = Pattern.compile("(tcp|udp)-(in|out)=(\\d{1,5})(?::(\\d{1,5}))?");
    private static final String NAME = "user";

    /**
     * One connection of ports.
     *
     * @param tcp
     *            whether for TCP, else for UDP
     * @param inward
     *            whether it leads from the host to the guest
     * @param from
     *            the port that is connected to: the host's inward, the gateway's as the guest sees it outward
     * @param to
     *            the port at the other end
     * @threading immutable
     */
    public record Rule(boolean tcp, boolean inward, int from, int to) {
    }

    /**
     * Reads {@code user} or {@code user:tcp-out=8080,tcp-in=2222:22}. One port stands for both.
     *
     * @throws HsmException
     *             EINVAL when it is none
     */
    public static Rules of(String backend) {
        if (backend.equals(NAME)) {
            return new Rules(List.of());
        }
        if (!backend.startsWith(NAME + ":")) {
            throw refused(backend);
        }
        var rules = new ArrayList<Rule>();
        for (String text : backend.substring(NAME.length() + 1).split(",")) {
            rules.add(rule(text));
        }
        return new Rules(List.copyOf(rules));
    }

    private static Rule rule(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw refused(text);
        }
        return new Rule(form.group(1).equals("tcp"), form.group(2).equals("in"), port(form.group(3)),
                port(form.group(4) == null ? form.group(3) : form.group(4)));
    }

    private static int port(String text) {
        int port = Integer.parseInt(text);
        if (port < 1 || port > 0xFFFF) {
            throw refused(text);
        }
        return port;
    }

    private static HsmException refused(String text) {
        return new HsmException(Errno.EINVAL, "network", "'" + text
                + "' is no rule; write user, or user: and, with commas between, tcp-out=PORT[:HOSTPORT], tcp-in=HOSTPORT:PORT, udp-out, udp-in");
    }

    /** {@return the port of the host that the guest reaches at a port of the gateway, or -1} */
    int outward(boolean tcp, int port) {
        return list.stream().filter(rule -> !rule.inward && rule.tcp == tcp && rule.from == port).mapToInt(Rule::to)
                .findFirst().orElse(-1);
    }

    /** {@return the rules from the host to the guest} */
    List<Rule> inward(boolean tcp) {
        return list.stream().filter(rule -> rule.inward && rule.tcp == tcp).toList();
    }
}
