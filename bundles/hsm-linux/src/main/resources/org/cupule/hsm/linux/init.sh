#!/bin/busybox sh
# The first program of the guest: mounts, drivers, network, then a shell or a script.
/bin/busybox --install -s /bin
export PATH=/bin:/sbin HOME=/root TERM=linux PS1='\w # '
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
hostname cupule

# Drivers only where there is a device for them.
if grep -q 0x1af4 /sys/bus/pci/devices/*/vendor 2>/dev/null; then
    while read -r module; do
        insmod "/lib/modules/$module.ko" 2>/dev/null
    done </modules
fi
ip link set lo up
if [ -e /sys/class/net/eth0 ]; then
    ip link set eth0 up
    udhcpc -i eth0 -q -n -t 3 -s /usr/share/udhcpc/default.script >/dev/null 2>&1 || echo "init: eth0 has no address" >&2
fi

if [ -e /script ]; then
    sh /script
    status=$?
    sync
    # The port takes seven bits; 2 goes as 0, since what it would give is a triple fault's.
    [ $status = 0 ] || /sbin/exitport $((status > 127 ? 127 : status == 2 ? 0 : status))
    poweroff -f
fi

echo
read -r _ memory _ </proc/meminfo
echo "Linux $(uname -r) on $(nproc) processor(s), $((memory / 1024)) MiB. 'poweroff' ends it."
# busybox's own init goes on: a shell that is left is begun anew, and poweroff, reboot and halt end it. (What a script like this one
# begins in the background would ignore Ctrl-C, and so would all that the shell begins.)
cat >/etc/inittab <<'END'
::respawn:/sbin/shell
::ctrlaltdel:/bin/reboot
::shutdown:/bin/umount -a -r 2>/dev/null
END
cat >/sbin/shell <<'END'
#!/bin/sh
export HOME=/root
cd
exec cttyhack sh
END
chmod +x /sbin/shell
exec init
