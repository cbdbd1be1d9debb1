#!/usr/bin/perl
# Becomes the program that a launch names. The launch comes as NUL-ended fields, from a file or from standard input, so that
# any argument and any value arrives as it is and none is ever on a command line or in a property of a unit:
#   havre1, words for a failure, folder, number of arguments, arguments..., number of variables, NAME=VALUE..., end
use strict;
use warnings;

my ($source) = @ARGV;
my $in = \*STDIN;
if ($source ne '-') {
    open($in, '<', $source) or die "havre: $source: $!\n";
}
binmode $in;
my $all = do { local $/; <$in> };
my @fields = split /\0/, $all // '', -1;
my $next = sub { @fields ? shift @fields : die "havre: the launch is cut\n" };
my $some = sub { my $count = $next->(); map { $next->() } 1 .. $count };

die "havre: this is no launch\n" if $next->() ne 'havre1';
my ($words, $folder) = ($next->(), $next->());
my @argv = $some->();
my @env  = $some->();
die "havre: the launch is cut\n" if $next->() ne 'end' or not @argv;

open(STDIN, '<', '/dev/null') or die "havre: /dev/null: $!\n";
%ENV = map { /\A([^=]+)=(.*)\z/s ? ($1 => $2) : () } @env;
$| = 1;
umask 022;
# A fresh /tmp has no home in it.
mkdir '/tmp/home', 0700 if ($ENV{HOME} // '') eq '/tmp/home';
my $failed = sub { print "$words $_[0]: $!\n"; exit 127 };
chdir $folder or $failed->($folder);
no warnings 'exec';
exec { $argv[0] } @argv or $failed->($argv[0]);
